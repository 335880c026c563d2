"""The examination of many images on many machines: Arrow batches in, Parquet out, whatever engine carries them."""
