# Every kind of generated thing: made, proved, served over HTTPS, conforming, destroyed; then a clean git status.
stage 'generator matrix' npm run --silent matrix -w tools/generator
