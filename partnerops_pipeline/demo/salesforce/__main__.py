"""`python -m partnerops_pipeline.demo.salesforce --db PATH --port N`: serve one org until interrupted."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from partnerops_pipeline.demo.salesforce.faults import Faults, load_faults
from partnerops_pipeline.demo.salesforce.org import EmulatedOrg
from partnerops_pipeline.demo.salesforce.server import serve
from partnerops_pipeline.demo.salesforce.store import OrgStore
from partnerops_pipeline.errors import PartneropsError


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m partnerops_pipeline.demo.salesforce", description=__doc__)
    parser.add_argument("--db", type=Path, required=True, help="the org's file, made by OrgStore.create")
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0 takes a free one")
    parser.add_argument("--faults", type=Path, help="YAML file of fault rules")
    parser.add_argument("--with-parent", action="store_true", help="end when standard input ends")
    arguments = parser.parse_args()
    until = sys.stdin.read if arguments.with_parent else None
    try:
        faults = Faults(load_faults(arguments.faults) if arguments.faults else [])
        with OrgStore.open(arguments.db) as store:
            serve(EmulatedOrg(store, faults=faults), arguments.port, announce=True, until=until)
    except KeyboardInterrupt:
        return 0
    except (PartneropsError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
