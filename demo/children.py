"""The processes of the demo: started so that none of them can outlive it."""
import ctypes
import os
import signal
import subprocess

PR_SET_PDEATHSIG = 1


def die_with_parent():
    """Asks the kernel for SIGTERM when the parent ends, however it ends."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def prepare():
    """Runs in the child, before its program does."""
    die_with_parent()
    signal.pthread_sigmask(signal.SIG_SETMASK, [])


def start(command, log, **environment):
    """A child in a session of its own: Ctrl-C reaches the demo alone, which then ends its children in order."""
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                            start_new_session=True, preexec_fn=prepare, env={**os.environ, **environment})


def stop(children, patience=4):
    """Ends every child: asked first, killed if that takes longer than `patience` seconds."""
    for child in children:
        if child.poll() is None:
            child.terminate()
    for child in children:
        try:
            child.wait(patience)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
