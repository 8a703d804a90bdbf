"""partnerops: the records of a partner programme, turned into a clean partner data layer, metric marts and data quality gaps."""

__version__ = "0.1.0"
