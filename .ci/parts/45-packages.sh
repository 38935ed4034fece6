# The libs in an application outside of the workspace, from their packages alone.
stage 'packages in another application' bash .ci/packages.sh
