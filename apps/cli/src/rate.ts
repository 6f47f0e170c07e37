/** How fast something goes, and how long it still takes, for a progress bar. */

/** `850 KB`, `12.3 MB`, `1.20 GB`: powers of ten. */
export const formatBytes = (bytes: number): string => {
  if (bytes < 1e6) return `${Math.round(bytes / 1e3)} KB`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;
};

/** `1:05`, `2:03:04`. */
const formatClock = (seconds: number): string => {
  const whole = Math.ceil(seconds);
  const two = (n: number): string => String(n).padStart(2, '0');
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
};

/** `12.3 MB/s, 0:42 left`; empty before there is anything to go by. */
export const formatRate = ({
  bytes,
  totalBytes,
  seconds,
}: {
  bytes: number;
  totalBytes: number;
  seconds: number;
}): string => {
  if (bytes <= 0 || seconds <= 0) return '';
  const rate = bytes / seconds;
  return `${formatBytes(rate)}/s, ${formatClock(Math.max(0, totalBytes - bytes) / rate)} left`;
};
