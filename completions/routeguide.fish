complete --keep-order --exclusive --command routeguide --arguments "(COMPLETE=fish command routeguide -- (commandline --current-process --cut-at-cursor | string collect) 2>/dev/null)"
