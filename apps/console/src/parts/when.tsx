/** A moment: how long ago, and exactly when where one looks closer. */
import { Tooltip } from '@mantine/core';
import { useEffect, useState } from 'react';

const STEPS = [
  [60, 'second'],
  [60, 'minute'],
  [24, 'hour'],
  [30, 'day'],
  [12, 'month'],
  [Infinity, 'year'],
] as const;
const words = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });

/** "2 hours ago"; "in 3 days". */
export const relativeTime = (at: string, now: number): string => {
  let amount = (Date.parse(at) - now) / 1000;
  for (const [size, unit] of STEPS) {
    if (Math.abs(amount) < size) return words.format(Math.round(amount), unit);
    amount /= size;
  }
  return at;
};

export const When = ({ at }: { at: string }) => {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 20_000);
    return () => clearInterval(timer);
  }, []);
  return (
    <Tooltip label={at}>
      <time dateTime={at}>{relativeTime(at, now)}</time>
    </Tooltip>
  );
};
