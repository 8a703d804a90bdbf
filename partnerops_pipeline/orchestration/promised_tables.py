"""What models may rely on of every lake table, whoever fills it. Loads no Dagster, so that a command can ask, too."""

from __future__ import annotations

from partnerops_pipeline.intake.contract import contract as promised_of_exports
from partnerops_pipeline.intake.profile import load_profiles
from partnerops_pipeline.salesforce.objects import contract as promised_of_objects
from partnerops_pipeline.salesforce.objects import load_objects
from partnerops_pipeline.settings import Settings
from partnerops_pipeline.warehouse.views import BoundColumn


def promised_tables(settings: Settings) -> dict[str, list[BoundColumn]]:
    """Lake path -> its columns, of Salesforce's objects and of the export files, in the form that `bind` takes.

    Raises:
        ConfigurationError: the objects file or a profile is wrong; with file and line.
    """
    objects = promised_of_objects(load_objects(settings.salesforce_objects_file))
    exports = promised_of_exports(load_profiles(settings).values())
    return {table: [BoundColumn(*column) for column in columns] for table, columns in {**objects, **exports}.items()}
