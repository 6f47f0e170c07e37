/** Sends one file to the address that was given out for it. */
import { AppError, type SignedUpload } from '@graft/contracts';

/** Browsers set these by themselves, to what was signed, and take them from nobody. */
const SET_BY_BROWSER: ReadonlySet<string> = new Set(['content-length', 'host']);

/**
 * `fetch` tells nothing of how much is sent.
 * @param onProgress told the share that is sent, 0 to 1
 * @throws AppError `unavailable` where the object store is not to be reached, `refused` where it refuses the file
 */
export const putFile = (
  { url, method, headers }: SignedUpload,
  file: Blob,
  onProgress: (share: number) => void,
): Promise<void> =>
  new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open(method, url);
    for (const [name, value] of Object.entries(headers)) {
      if (!SET_BY_BROWSER.has(name.toLowerCase())) request.setRequestHeader(name, value);
    }
    request.upload.onprogress = ({ loaded, total }) => onProgress(total === 0 ? 0 : loaded / total);
    request.onload = () => {
      if (request.status >= 200 && request.status < 300) return resolve();
      const [, code = ''] = /<Code>(\w+)<\/Code>/.exec(request.responseText) ?? [];
      reject(new AppError('refused', `the object store refused it: ${request.status} ${code}`));
    };
    request.onerror = () => reject(new AppError('unavailable', 'the object store is not to be reached from here'));
    request.send(file);
  });
