"""A Weir server as a child process: started on free ports, ended with whoever started it."""
import os, pathlib, re, signal, subprocess

ROOT = pathlib.Path(__file__).resolve().parents[1]
BINARY = pathlib.Path(os.environ.get('WEIR_BINARY') or ROOT / 'build/weir')


class Server:
    def __init__(self, files, data, *options):
        """Returns when the doors are open; data is a folder or 'none'."""
        command = [BINARY, 'serve', '--http', '127.0.0.1:0', '--admin', '127.0.0.1:0', '--data', data, *options, *files]
        # A group of its own: Ctrl-C reaches only us, and we end the server after what still talks to it.
        self.process = subprocess.Popen([str(part) for part in command], stdin=subprocess.DEVNULL,
                                        stderr=subprocess.PIPE, text=True, start_new_session=True)
        said = []
        for line in self.process.stderr:
            said.append(line)
            ready = re.match(r'weir: ready http=(\S+) admin=(\S+)', line)
            if ready:
                self.url, self.admin_url = ('http://' + address for address in ready.groups())
                return
        raise RuntimeError(f'the server did not start (status {self.process.wait()}):\n' + ''.join(said))

    def stop(self):
        """Asks it to drain; returns its exit status and what it said after `ready`."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            said = self.process.communicate(timeout=30)[1]
        except subprocess.TimeoutExpired:
            self.process.kill()
            said = self.process.communicate()[1]
        return self.process.returncode, said

    def kill(self):
        """As a crash does it."""
        self.process.kill()
        self.process.communicate()
