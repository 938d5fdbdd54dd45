# SPDX-License-Identifier: MIT
# Completion for mobilenet and mobilenet-viewer. The options are those that --help lists.

# Prints the long options of "$@", those that take a value with a '=' behind.
_mobilenet_options() {
    "$@" --help 2>/dev/null | sed -n 's/^  \(-[a-z], \)\{0,1\}\(--[a-z-]*=\{0,1\}\).*/\2/p'
}

_mobilenet() {
    local cur prev words cword split
    _init_completion -s || return
    local command=("$1")
    if [[ ${1##*/} == mobilenet ]]; then
        if ((cword == 1)); then
            local verbs
            verbs=$("$1" --help 2>/dev/null | sed -n '/^Verbs:/,/^$/s/^  \([a-z]*\) .*/\1/p')
            mapfile -t COMPREPLY < <(compgen -W "$verbs --help --version" -- "$cur")
            return
        fi
        command+=("${words[1]}")
    fi
    case $prev in
    --fit | -f)
        mapfile -t COMPREPLY < <(compgen -W 'crop stretch letterbox' -- "$cur")
        return
        ;;
    --method)
        mapfile -t COMPREPLY < <(compgen -W 'auto softmax imprint' -- "$cur")
        return
        ;;
    --data | -d)
        _filedir -d
        return
        ;;
    --model | -m)
        _filedir tflite
        return
        ;;
    esac
    if $split; then
        _filedir
    elif [[ $cur == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$(_mobilenet_options "${command[@]}")" -- "$cur")
        if [[ ${COMPREPLY[0]-} == *= ]]; then
            compopt -o nospace
        fi
    else
        _filedir
    fi
}

complete -F _mobilenet mobilenet mobilenet-viewer
