"""A Dask cluster of SLURM jobs, which come and go with the clips that wait.

    pip install 'corpus-assets[dask,fast]' dask-jobqueue   in an environment that all nodes see
    python slurm.py                                      on a login node; it prints the address
    CORPUS_ASSETS_DASK_ADDRESS=tcp://... corpus-assets run konvid_1k/vmaf_pairs

For PBS: PBSCluster, and resource_spec="select=1:ncpus=8:mem=16GB" beside cores and memory.
"""

import signal

from dask_jobqueue import SLURMCluster

CORES = 8
"""Of a job; as many clips run in it at once. What one needs: docs/operations.md, Workers."""


def cluster() -> SLURMCluster:
    """Describe a job: one worker process, because the work is in child processes of its threads."""
    return SLURMCluster(
        cores=CORES,
        processes=1,
        memory="16GB",
        walltime="08:00:00",
        local_directory="/tmp",  # noqa: S108 (of the node)
        job_script_prologue=[  # a job has limits of its own: it shares no slots with others
            'export TMPDIR="$(mktemp -d)"',
            "trap 'rm -rf \"$TMPDIR\"' EXIT",
        ],
        worker_extra_args=["--lifetime", "470m", "--lifetime-stagger", "9m"],
    )


if __name__ == "__main__":
    with cluster() as jobs:
        jobs.adapt(minimum_jobs=0, maximum_jobs=50)
        print(jobs.scheduler_address, flush=True)  # noqa: T201
        signal.pause()
