"""The SUMO plant: traffic of others around junctions of ours. Needs the extra `sumo`; only `street.py` knows it."""
