"""A Weir server as a child process: started on free ports, ended with whoever started it."""
import collections, os, pathlib, re, signal, subprocess, threading

ROOT = pathlib.Path(__file__).resolve().parents[1]
BINARY = pathlib.Path(os.environ.get('WEIR_BINARY') or ROOT / 'build/weir')


class Server:
    def __init__(self, files, data, *options):
        """Returns when the doors are open; data is a folder or 'none'."""
        command = [BINARY, 'serve', '--http', '127.0.0.1:0', '--admin', '127.0.0.1:0', '--data', data, *options, *files]
        # A group of its own: Ctrl-C reaches only us, and we end the server after what still talks to it.
        self.process = subprocess.Popen([str(part) for part in command], stdin=subprocess.DEVNULL,
                                        stderr=subprocess.PIPE, text=True, start_new_session=True)
        self.said = collections.deque(maxlen=100)      # the last lines
        for line in self.process.stderr:
            self.said.append(line)
            ready = re.match(r'weir: ready http=(\S+) admin=(\S+)', line)
            if ready:
                self.url, self.admin_url = ('http://' + address for address in ready.groups())
                break
        else:
            raise RuntimeError(f'the server did not start (status {self.process.wait()}):\n' + ''.join(self.said))
        self.reader = threading.Thread(target=self.said.extend, args=(self.process.stderr,), daemon=True)
        self.reader.start()

    def stop(self):
        """Asks it to drain; returns its exit status and what it said last."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.kill()
        return self.wait()

    def kill(self):
        """As a crash does it."""
        self.process.kill()
        self.wait()

    def wait(self):
        status = self.process.wait()
        self.reader.join()
        self.process.stderr.close()
        return status, ''.join(self.said)
