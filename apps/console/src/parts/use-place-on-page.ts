import { useEffect, useState, type RefObject } from 'react';

/** How far down the page an element begins, pixels, also once what is above it has been read. */
export const usePlaceOnPage = (element: RefObject<HTMLElement | null>): number => {
  const [place, setPlace] = useState(0);
  useEffect(() => {
    const measure = (): void => {
      if (element.current !== null) setPlace(element.current.getBoundingClientRect().top + window.scrollY);
    };
    const observer = new ResizeObserver(measure);
    observer.observe(document.body);
    return () => observer.disconnect();
  }, [element]);
  return place;
};
