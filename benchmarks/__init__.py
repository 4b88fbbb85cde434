"""What consilium costs, beside its peers; ``python -m benchmarks`` measures and writes it down.

Times are CPU time of this process or of the one that was started, medians of
several repeats. Peers are asked in turn with consilium in one run, and it is
the ratio that counts: the machine is rarely quiet.
"""
