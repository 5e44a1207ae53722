#!/usr/bin/env python3
"""A disk that fills up: what is not on it is refused and taken back, reads go on, and a restart has what was acknowledged."""
import json, os, sys
sys.path.insert(0, os.path.dirname(__file__))
from server import Checks, Server

SCHEMA = '''
CREATE TABLE note (id bigint PRIMARY KEY, body text);
CREATE MATERIALIZED VIEW notes AS SELECT count(*) AS notes, sum(length(body)) AS size FROM note;
'''
BODY = 'x' * 1000
PIECE = 2000  # rows of one transaction: 2 MB
SPACE = 72 << 20  # one segment of the log and a little

def main():
    checks = Checks()
    with Server('--sync', 'always', env={'WEIR_FAULT': f'enospc-after={SPACE}'}) as server:
        server.sql(SCHEMA)
        acked, refused = 0, None
        for piece in range(60):
            rows = [{'id': piece * PIECE + i, 'body': BODY} for i in range(PIECE)]
            status, _, text = server.request('POST', '/note', json.dumps(rows), {'Content-Type': 'application/json'})
            if status != 201:
                refused = status, json.loads(text)
                break
            acked += PIECE
        checks.check('the disk filled up', refused is not None and acked > 0, acked)
        checks.check('the refusal says why', refused and refused[1]['code'] == '53100' and refused[0] >= 500, refused)
        checks.check('nothing of it is seen', server.get('/notes') == [{'notes': acked, 'size': acked * 1000}], server.get('/notes'), acked)
        status, _, _ = server.request('POST', '/note', json.dumps([{'id': -1, 'body': 'small'}]), {'Content-Type': 'application/json'})
        checks.check('the server answers on', status in (201, 500, 503, 507), status)
        expected = acked + (status == 201)
        checks.check('reads go on', server.get('/notes')[0]['notes'] == expected, server.get('/notes'))
        server.kill()
        server.env.pop('WEIR_FAULT')
        server.start()
        checks.check('a restart has what was acknowledged', server.get('/notes')[0]['notes'] == expected, server.get('/notes'), expected)
        checks.check('and takes rows again', server.post('/note', [{'id': -2, 'body': 'y'}])['rows'] == 1)
    checks.end()

main()
