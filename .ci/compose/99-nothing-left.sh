# Down -v leaves nothing.
docker compose down -v --rmi local --timeout 20 >/dev/null 2>&1
left=$(for kind in container volume network; do docker "$kind" ls -q $([[ $kind == container ]] && echo -a) --filter name=gatehouse-ci; done)
left+=$(docker image ls -q 'gatehouse-ci*')
[[ -z $left ]] || fail "left behind: $left"
[[ -z $(git -C "$work/gatehouse-ci" status --porcelain) ]] || fail 'the clone has a dirty git status'
echo 'nothing left behind'
