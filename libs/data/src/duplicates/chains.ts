/**
 * Lists of small whole numbers, many and short, in two arrays: an array object for each list would take ten times the memory.
 */
export interface Chains {
  /** Puts an item (0 or more, once) at the head of a list (0 up to the number of lists). */
  add(list: number, item: number): void;
  /** The items of a list, newest first, each given to `visit`. */
  visit(list: number, visit: (item: number) => void): void;
}

const END = -1;
const FIRST_ROOM = 1024;

export const createChains = (lists: number): Chains => {
  const heads = new Int32Array(lists).fill(END);
  let following = new Int32Array(FIRST_ROOM);
  return {
    add: (list, item) => {
      if (item >= following.length) {
        const larger = new Int32Array(Math.max(item + 1, following.length * 2));
        larger.set(following);
        following = larger;
      }
      following[item] = heads[list] ?? END;
      heads[list] = item;
    },
    visit: (list, visit) => {
      for (let item = heads[list] ?? END; item !== END; item = following[item] ?? END) visit(item);
    },
  };
};
