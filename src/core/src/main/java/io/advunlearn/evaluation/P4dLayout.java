package io.advunlearn.evaluation;

import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Where the free tokens of a P4D prompt stand.
 *
 * @param ids the prompt's ids, anything where a token is free
 * @param free positions of the free tokens, ascending
 */
record P4dLayout(int[] ids, int[] free) {

    /** P4D-N: nothing but free tokens. */
    static P4dLayout tokens(int count, int room) {
        int used = Math.min(count, room);
        return new P4dLayout(new int[used], IntStream.range(0, used).toArray());
    }

    /** P4D-K: a free token before every {@code every} of the prompt's own; what does not fit is cut from the prompt's end. */
    static P4dLayout inserted(int[] prompt, int every, int room) {
        int kept = prompt.length;
        while (kept + kept / every + 1 > room) {
            kept--;
        }
        int[] ids = new int[kept + kept / every + 1];
        int[] free = IntStream.range(0, ids.length).filter(i -> i % (every + 1) == 0).toArray();
        int next = 0;
        for (int i = 0; i < ids.length; i++) {
            if (i % (every + 1) != 0) {
                ids[i] = prompt[next++];
            }
        }
        return new P4dLayout(ids, free);
    }

    /** The prompt with these tokens in the free places. */
    int[] fill(int[] tokens) {
        int[] filled = Arrays.copyOf(ids, ids.length);
        for (int i = 0; i < free.length; i++) {
            filled[free[i]] = tokens[i];
        }
        return filled;
    }
}
