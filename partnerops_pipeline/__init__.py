"""partnerops: the records of a partner programme, turned into a partner data layer, metric marts and quality gaps."""

__version__ = "0.1.0"
