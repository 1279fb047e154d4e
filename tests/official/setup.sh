#!/bin/sh
# setup.sh - environments with the unmodified official client: its three ages, and today's beside other libraries.
#
# setup.sh keras makes that of Keras too, which has 1.7 GB of TensorFlow; nothing else touches it.
# They lie in build/venvs/wandb-<age>. One that is complete is left alone; a changed requirements
# file makes it anew. That of the frameworks stands on Debian's Python and its torch; without them there is none.
set -eu
cd "$(dirname "$0")/../.."

for requirements in tests/official/requirements-*.txt; do
    age=${requirements##*requirements-}
    age=${age%.txt}
    venv=build/venvs/wandb-$age
    if cmp -s "$requirements" "$venv/.installed" || { [ "$age" = keras ] && [ "${1:-}" != keras ]; }; then
        continue
    fi
    rm -rf "$venv"
    if [ "$age" != frameworks ]; then
        "${PYTHON:-python3}" -m venv "$venv"
    elif /usr/bin/python3 -c 'import torch' 2>/dev/null; then
        /usr/bin/python3 -m venv --system-site-packages "$venv"
    else
        continue
    fi
    "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$requirements"
    if [ "$age" = 0.16.6 ] && "$venv/bin/python" -c 'import sys; sys.exit(sys.version_info < (3, 13))'; then
        cp tests/official/old_numpy_names.pth "$("$venv/bin/python" -c 'import site; print(site.getsitepackages()[0])')"
    fi
    cp "$requirements" "$venv/.installed"
done
