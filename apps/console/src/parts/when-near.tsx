/** What costs something to make is made when it comes near what is in sight, and stays. */
import { Skeleton } from '@mantine/core';
import { useIntersection } from '@mantine/hooks';
import { Suspense, useEffect, useState, type ReactNode } from 'react';

const NEAR = '300px';

/** @param height of what stands in its place, pixels */
export const WhenNear = ({ height, children }: { height: number; children: ReactNode }) => {
  const { ref, entry } = useIntersection({ rootMargin: NEAR });
  const [isNear, setNear] = useState(false);
  const isSeen = entry?.isIntersecting === true;
  useEffect(() => {
    if (isSeen) setNear(true);
  }, [isSeen]);
  const place = <Skeleton h={height} animate={false} />;
  return <div ref={ref}>{isNear ? <Suspense fallback={place}>{children}</Suspense> : place}</div>;
};
