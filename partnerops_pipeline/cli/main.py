"""The command line. Every command says what it does with `--help` and an example; errors are one sentence."""

from __future__ import annotations

import click

from partnerops_pipeline import __version__
from partnerops_pipeline.cli.alerts import alerts
from partnerops_pipeline.cli.dbt import dbt_command
from partnerops_pipeline.cli.demo import demo
from partnerops_pipeline.cli.describe import describe
from partnerops_pipeline.cli.dev import dev
from partnerops_pipeline.cli.doctor import doctor
from partnerops_pipeline.cli.errors import OutermostGroup
from partnerops_pipeline.cli.explain import explain
from partnerops_pipeline.cli.gaps import gaps
from partnerops_pipeline.cli.org import org
from partnerops_pipeline.cli.profile import profile
from partnerops_pipeline.cli.release import release
from partnerops_pipeline.cli.run import run
from partnerops_pipeline.cli.status import status


@click.group(cls=OutermostGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
@click.version_option(__version__, prog_name="partnerops")
def main() -> None:
    """The records of a partner programme, turned into numbers that a board believes.

    \b
    Example:
      partnerops demo          the whole way on an emulated org, nothing to configure
      partnerops doctor        is everything set up for my own org?
      partnerops run           the main job
    """


for command in (run, demo, org, doctor, describe, status, dbt_command, explain, gaps, alerts, profile, release, dev):
    main.add_command(command)


if __name__ == "__main__":
    main()
