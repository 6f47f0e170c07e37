/**
 * Where a webhook may point. An admin names the address, but the registry calls it: what only this machine or its cloud can reach, the
 * services that hand out credentials above all, is out of bounds (OWASP, Server Side Request Forgery Prevention). Pure.
 */
import { BlockList, isIP } from 'node:net';
import { AppError } from '@graft/contracts';

/** IPv4-mapped IPv6 addresses are judged as the IPv4 address that they hold. */
const outOfBounds = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  // Link-local; 169.254.169.254 tells a machine of most clouds its credentials.
  ['169.254.0.0', 16],
  ['224.0.0.0', 3],
  // The same service at Alibaba, Oracle and Azure.
  ['100.100.100.200', 32],
  ['192.0.0.192', 32],
  ['168.63.129.16', 32],
] as const)
  outOfBounds.addSubnet(network, prefix, 'ipv4');
for (const [network, prefix] of [
  ['::', 128],
  ['fe80::', 10],
  ['ff00::', 8],
  ['fd00:ec2::254', 128],
  // IPv4 addresses behind a translator (RFC 6052): link-local ones.
  ['64:ff9b::169.254.0.0', 112],
] as const)
  outOfBounds.addSubnet(network, prefix, 'ipv6');

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

const isIn = (list: BlockList, address: string): boolean => list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');

const METADATA_NAMES: readonly string[] = ['metadata.google.internal', 'metadata.goog', 'instance-data'];

const refused = (url: URL, why: string): AppError =>
  new AppError('refused', `a webhook can't be sent to ${url.protocol}//${url.host}: ${why}`, {
    details: { host: url.host },
  });

/** As `net.isIP` takes it: without the brackets of a URL. */
const hostOf = (url: URL): string => url.hostname.replaceAll(/[[\]]/g, '').replace(/\.$/, '').toLowerCase();

const isLoopbackName = (host: string): boolean =>
  host === 'localhost' || host.endsWith('.localhost') || (isIP(host) !== 0 && isIn(loopback, host));

/**
 * An address that a host's name led to, as it is about to be connected to: a name may lead elsewhere today than yesterday.
 * @throws AppError `refused` for a link-local or metadata address, and for http to another machine
 */
export const checkAddress = (url: URL, address: string): void => {
  if (isIn(outOfBounds, address)) throw refused(url, `${address} is a link-local, metadata or multicast address`);
  if (url.protocol === 'http:' && !isIn(loopback, address)) {
    throw refused(url, `${address} is another machine, and what goes there is sent by https alone`);
  }
};

/**
 * What can be known of a URL without looking its host up.
 * @throws AppError `invalid_request` for what is no address of a web server, `refused` for one that is out of bounds
 */
export const checkWebhookUrl = (text: string): URL => {
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw new AppError('invalid_request', `url: expected https://…, got ${url.protocol}//…`);
  }
  if (url.username !== '' || url.password !== '') {
    throw new AppError(
      'invalid_request',
      'url: a webhook has no user and password: its messages are signed, which is how its receiver knows them',
    );
  }
  const host = hostOf(url);
  if (METADATA_NAMES.includes(host)) throw refused(url, `${host} is a metadata service`);
  if (isIP(host) !== 0) checkAddress(url, host);
  if (url.protocol === 'http:' && !isLoopbackName(host)) {
    throw refused(url, 'http is for receivers on this machine (127.0.0.1, localhost); use https');
  }
  return url;
};
