"""`python -m tests.chaos [--stateless | --cluster] [--seeds N] [--deliveries M]`: prints what was lost or doubled."""

from __future__ import annotations

import argparse
import sys
import time

from . import cluster, stateless
from .campaign import PLATFORMS, Tally, Weather, run


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seeds", type=int, default=10, help="how many campaigns (10)")
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("--deliveries", type=int, help="how many in each (100)")
    parser.add_argument("--faults", type=float, default=0.2, help="share of requests that meet a fault (0.2)")
    parser.add_argument(
        "--kills", type=float, default=0.01, help="share of steps at which it is killed (0.01)"
    )
    parser.add_argument(
        "--cluster", action="store_true", help="three machines on one PostgreSQL, with 2000 deliveries"
    )
    parser.add_argument("--platforms", default=",".join(PLATFORMS))
    parser.add_argument("--stateless", action="store_true", help="of a machine that keeps nothing")
    given = parser.parse_args()
    if given.stateless:
        return stateless.main(given.seeds, given.deliveries or 100)
    if given.cluster:
        return cluster.run(given.deliveries or 2000, given.first_seed)
    began = time.monotonic()
    total = run(
        range(given.first_seed, given.first_seed + given.seeds),
        given.deliveries or 100,
        Weather(fault_rate=given.faults, kill_rate=given.kills),
        given.platforms.split(","),
        on_seed=lambda seed, tally: print(f"seed {seed:>4}  {figures(tally)}", flush=True),
    )
    for finding in total.findings:
        print(finding)
    print(f"{'total':>9}  {figures(total)}  in {time.monotonic() - began:.0f} s")
    return 1 if total.duplicates or total.lost or total.left_behind or total.made_again else 0


def figures(tally: Tally) -> str:
    return (
        f"deliveries {tally.deliveries}, kills {tally.kills}, faults {tally.faults}, "
        f"duplicates {tally.duplicates}, lost {tally.lost}, "
        f"amended {tally.amended}, retracted {tally.retracted}, left behind by it {tally.left_behind}, "
        f"made again after it {tally.made_again}, "
        f"uncertain left to a person {tally.left_to_a_person}, refused and retried {tally.stuck}"
    )


if __name__ == "__main__":
    sys.exit(main())
