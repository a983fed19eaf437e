complete --keep-order --exclusive --command routeguide --arguments "(COMPLETE=fish routeguide -- (commandline --current-process --tokenize --cut-at-cursor) (commandline --current-token))"
