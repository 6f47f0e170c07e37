/** A file on the web. What it must be is said with the reference: a server is not trusted to say it. */
import { basename, join } from 'node:path';
import { showUrl, type WeightsReference } from '../weights-reference.js';
import type { WeightsSource } from '../weights-source.js';
import { downloadFile } from './download-file.js';

export const httpsSource = ({ url }: Extract<WeightsReference, { kind: 'url' }>): WeightsSource => ({
  identity: url.href,
  fileName: basename(url.pathname),
  // Its digest is always known: what doesn't have it is refused before this would be asked.
  isImmutable: true,
  fetch: async ({ folder, onProgress, signal }) => {
    const path = join(folder, 'download');
    await downloadFile({ url, what: showUrl(url), target: path, onProgress, ...(signal && { signal }) });
    return { path };
  },
});
