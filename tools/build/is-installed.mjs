/**
 * Exits with 0 when node_modules holds what package-lock.json names, by npm's own record of what it installed;
 * with 1 otherwise. Uses nothing but Node, since nothing may be installed yet.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const read = (path) =>
  JSON.parse(readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), 'utf8')).packages;

const isForHere = ({ os, cpu, libc }) =>
  (os === undefined || os.includes(process.platform)) &&
  (cpu === undefined || cpu.includes(process.arch)) &&
  (libc === undefined ||
    libc.includes('glibc') === (process.report.getReport().header.glibcVersionRuntime !== undefined));

const isInstalled = () => {
  const wanted = read('package-lock.json');
  const found = read('node_modules/.package-lock.json');
  return Object.entries(wanted).every(([path, entry]) => {
    if (!path.startsWith('node_modules/') && !path.includes('/node_modules/')) return true;
    const installed = found[path];
    if (installed === undefined) return entry.optional === true || !isForHere(entry);
    return installed.version === entry.version && installed.integrity === entry.integrity;
  });
};

try {
  process.exitCode = isInstalled() ? 0 : 1;
} catch {
  process.exitCode = 1; // No record: nothing is installed.
}
