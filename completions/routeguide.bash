_routeguide() {
    local line
    COMPREPLY=()
    if [[ $2 == '$'* && $2 != */* ]]; then
        compopt -o bashdefault 2>/dev/null
        return
    fi
    {
        IFS= read -r line
        [[ $line == space ]] && compopt +o nospace 2>/dev/null
        while IFS= read -r line; do
            COMPREPLY+=("$line")
        done
    } < <(COMPLETE=bash command routeguide -- \
        "${COMP_LINE:0:COMP_POINT}" "${COMP_LINE:COMP_POINT}" "$2" 2>/dev/null)
}

if ((BASH_VERSINFO[0] > 4 || BASH_VERSINFO[0] == 4 && BASH_VERSINFO[1] >= 4)); then
    complete -o nospace -o nosort -F _routeguide routeguide
else
    complete -o nospace -F _routeguide routeguide
fi
