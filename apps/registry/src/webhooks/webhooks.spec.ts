import { AppError } from '@graft/contracts';
import { describe, expect, it } from '@jest/globals';
import { checkAddress, checkWebhookUrl } from './address.js';
import { toMessage } from './message.js';
import { messageIdOf, signedHeaders, tellSecret } from './sign.js';

const codeOf = (act: () => unknown): string => {
  try {
    act();
  } catch (thrown) {
    return thrown instanceof AppError ? thrown.code : 'a defect';
  }
  return 'none';
};

describe('checkWebhookUrl', () => {
  it.each([
    'https://hooks.example.org/graft?room=7',
    'https://10.1.2.3/hook',
    'https://[2001:db8::1]/hook',
    'http://127.0.0.1:9000/',
    'http://localhost:9000/',
    'http://[::1]:9000/',
  ])('takes %s', (url) => {
    expect(codeOf(() => checkWebhookUrl(url))).toBe('none');
  });

  it.each([
    ['http to another machine', 'http://hooks.example.org/'],
    ['http to an address of a network', 'http://10.1.2.3/'],
    ['a metadata service', 'https://169.254.169.254/latest/meta-data/'],
    ['the same as a number', 'https://2852039166/'],
    ['the same in hexadecimal', 'https://0xa9fea9fe/'],
    ['the same as IPv6', 'https://[::ffff:169.254.169.254]/'],
    ['the same through a translator', 'https://[64:ff9b::a9fe:a9fe]/'],
    ['its IPv6 address', 'https://[fd00:ec2::254]/'],
    ['its name', 'https://metadata.google.internal./'],
    ['a link-local address', 'https://[fe80::1]/'],
    ['every address', 'http://0.0.0.0/'],
    ['broadcast', 'https://255.255.255.255/'],
  ])('refuses %s', (_what, url) => {
    expect(codeOf(() => checkWebhookUrl(url))).toBe('refused');
  });

  it.each(['ftp://hooks.example.org/', 'file:///etc/passwd', 'https://me:secret@hooks.example.org/'])(
    'knows no way to %s',
    (url) => {
      expect(codeOf(() => checkWebhookUrl(url))).toBe('invalid_request');
    },
  );

  it('does not tell the path of a URL in its errors, which may hold a secret', () => {
    expect(() => checkWebhookUrl('http://hooks.example.org/T0KEN')).toThrow(/^(?!.*T0KEN)/);
  });
});

describe('checkAddress', () => {
  it('refuses a name that leads to a metadata service, or by http to another machine', () => {
    const secure = new URL('https://rebinding.example.org/');
    expect(codeOf(() => checkAddress(secure, '169.254.169.254'))).toBe('refused');
    expect(codeOf(() => checkAddress(secure, '192.0.2.1'))).toBe('none');
    expect(codeOf(() => checkAddress(new URL('http://localhost/'), '192.0.2.1'))).toBe('refused');
    expect(codeOf(() => checkAddress(new URL('http://localhost/'), '::1'))).toBe('none');
  });
});

describe('signedHeaders', () => {
  it('gives the signature that the reference libraries give', () => {
    // https://github.com/standard-webhooks/standard-webhooks, the example that its libraries are tested with.
    const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
    const bytes = Buffer.from(secret.slice(6), 'base64');
    expect(tellSecret(bytes)).toBe(secret);
    const headers = signedHeaders({
      ...{ id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', timestampSeconds: 1614265330 },
      ...{ body: '{"test": 2432232314}', secret: bytes },
    });
    expect(headers).toEqual({
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    });
  });

  it('names messages by their event, and tells two events of one number apart', () => {
    const at = new Date('2026-01-01T00:00:00Z');
    expect(messageIdOf({ event: 7n, at })).toBe(messageIdOf({ event: 7, at }));
    expect(messageIdOf({ event: 7, at })).not.toBe(messageIdOf({ event: 7, at: new Date(at.getTime() + 1) }));
    expect(messageIdOf({ event: 7, at })).toMatch(/^evt_7_[0-9a-z]+$/);
  });
});

describe('toMessage', () => {
  it('tells what happened, and leads to it', () => {
    const at = new Date('2026-01-01T00:00:00Z');
    const data = {
      model: 'my model',
      version: 2,
      environment: 'production',
      generation: 3,
      by: 'ada',
      reason: 'better',
    };
    const told = toMessage({ kind: 'deployment.promoted', at, data }, 'http://127.0.0.1:7410');
    expect(told).toMatchObject({ type: 'deployment.promoted', timestamp: '2026-01-01T00:00:00.000Z', data });
    expect(told.data.link).toBe('http://127.0.0.1:7410/v1/models/my%20model/deployments/production');
    expect(toMessage({ kind: 'webhook.disabled', at, data: { id: 'w' } }, '').data.link).toBeNull();
  });
});
