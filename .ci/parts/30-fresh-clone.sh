# A fresh clone: npm start, one call over HTTPS, Ctrl-C; no process and no port left behind.
stage 'fresh clone: npm start' bash .ci/fresh-clone.sh
