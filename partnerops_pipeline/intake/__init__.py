"""Export files: what people and other systems drop into the inbox becomes rows in the lake."""
