import { CommanderError } from 'commander';
import { describe, expect, it } from 'vitest';
import { LogMissingError } from '../../../src/cli/context.ts';
import { exitCodeOf, InterruptedError, messageOf, UsageError } from '../../../src/cli/errors.ts';
import { OutputClosedError } from '../../../src/cli/output.ts';
import { InvalidSettingError } from '../../../src/config.ts';
import { InvalidTimeError } from '../../../src/domain/time.ts';
import { InvalidQuestionError, NotFoundError } from '../../../src/history/history.ts';
import { CorruptLogError, LogBusyError, LogUnusableError } from '../../../src/store/event-store.ts';
import { run, Sink } from './harness.ts';

const COMMANDS = [
  'record',
  'serve',
  'demo',
  'import',
  'state',
  'flips',
  'services',
  'summary',
  'disagreements',
  'verify',
  'rebuild',
  'backup',
];

describe('help', () => {
  it('of the program names every command, on stdout, with exit code 0', async () => {
    const { code, stdout, stderr } = await run(['--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const command of COMMANDS) expect(stdout).toMatch(new RegExp(`^  ${command} `, 'm'));
  });

  it.each(COMMANDS)('of %s says what it does, with examples, its flags, their variables and defaults', async (command) => {
    const { code, stdout, stderr } = await run([command, '--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(new RegExp(`^Usage: flipbook ${command} `));
    expect(stdout).toMatch(new RegExp(`Examples:\n  .*flipbook ${command}`));
    expect(stdout).toMatch(/--db <file>[\s\S]*default:\s+(\.\/flipbook\.db|a\s+temporary\s+file[^)]*),\s+env:\s+FLIPBOOK_DB/);
    expect((await run(['help', command])).stdout).toBe(stdout);
  });

  it('ends quietly when nobody reads it', async () => {
    expect(await run(['--help'], { stdout: new Sink({ closesAfter: 0 }) })).toMatchObject({ code: 0, stderr: '' });
  });
});

describe('a command line', () => {
  it('prints the version', async () => {
    expect(await run(['--version'])).toMatchObject({ code: 0, stdout: '1.2.3\n', stderr: '' });
  });

  it.each([
    [[], 'Usage: flipbook'],
    [['sate', 'a/b'], "unknown command 'sate' (Did you mean state?)"],
    [['state'], "missing required argument 'namespace/service' (see flipbook state --help)"],
    [['state', 'a/b', 'c/d'], 'too many arguments'],
    [['state', 'a/b', '-o', 'xml'], 'Allowed choices are table, json, yaml, endpoints'],
    [['state', 'a/b', '--asof', '-1'], 'A position is a whole number from 0'],
    [['state', 'a/b', '--at', 'yesterday'], '--at "yesterday" is not a time: write RFC 3339'],
    [['state', 'a/b', '--at'], "option '--at <time>' argument missing"],
    [['flips', 'a/b', '--from', '25:00'], '--from "25:00" is not a time'],
    [['flips', 'a/b', '--until', 'now'], "unknown option '--until'"],
    [['serve', '--listen', '8080'], '--listen "8080": no host: write 127.0.0.1:8080'],
    [['import'], "missing required argument 'file'"],
  ])('%j is a usage error', async (argv, message) => {
    const { code, stdout, stderr, opened } = await run(argv);
    expect({ code, stdout, opened }).toEqual({ code: 2, stdout: '', opened: [] });
    expect(stderr).toContain(message);
    if (argv.length > 0) expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  });

  it('that fails says so in one line without a stack, and with one when debugging', async () => {
    const history = {
      state: async () => {
        throw new NotFoundError('no Service store/checkout\nwas ever recorded');
      },
    };
    const argv = ['state', 'store/checkout'];
    const expected = 'flipbook: no Service store/checkout was ever recorded\n';
    expect(await run(argv, { history })).toMatchObject({ code: 1, stdout: '', stderr: expected, closed: 1 });
    for (const debugging of [
      await run([...argv, '--log-level', 'debug'], { history }),
      await run([...argv, '--log-level=debug'], { history }),
      await run(argv, { history, env: { FLIPBOOK_LOG_LEVEL: 'debug' } }),
    ]) {
      expect(debugging.stderr).toMatch(new RegExp(`^${expected}NotFoundError: [\\s\\S]*at `));
    }
  });

  it('says how to get a log when there is none', async () => {
    const openHistory = async (db: string) => {
      throw new LogMissingError(db);
    };
    const { code, stderr } = await run(['services'], { wiring: { openHistory } });
    expect(code).toBe(1);
    expect(stderr).toBe('flipbook: no log at ./flipbook.db: run `flipbook record` or `flipbook import FILE` first\n');
  });
});

describe('an exit code', () => {
  it.each([
    [new CommanderError(0, 'commander.helpDisplayed', ''), 0],
    [new CommanderError(1, 'commander.unknownOption', ''), 2],
    [new OutputClosedError(), 0],
    [new UsageError(''), 2],
    [new InvalidSettingError(''), 2],
    [new InvalidTimeError(''), 2],
    [new InvalidQuestionError('limit', ''), 2],
    [new NotFoundError(''), 1],
    [new CorruptLogError(''), 1],
    [new LogUnusableError(''), 1],
    [new LogBusyError(''), 1],
    [new LogMissingError(''), 1],
    [new InterruptedError('SIGINT', ''), 130],
    [new InterruptedError('SIGTERM', ''), 143],
    [new Error(''), 1],
    ['thrown text', 1],
  ])('of %o is %i', (error, code) => {
    expect(exitCodeOf(error)).toBe(code);
  });
});

describe('a message', () => {
  it('of a system error is for people', () => {
    const system = (fields: object) => messageOf(Object.assign(new Error('x'), fields));
    expect(system({ code: 'ENOENT', path: 'a.jsonl' })).toBe('a.jsonl: no such file');
    expect(system({ code: 'EACCES', path: '/data/x.db' })).toBe('/data/x.db: permission denied');
  });

  it('carries no control characters from wherever its words came', () => {
    expect(messageOf(new Error('bad \u001b[31m name\n  and more'))).toBe('bad �[31m name and more');
  });
});
