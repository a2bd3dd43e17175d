package io.advunlearn.scheduler;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.advunlearn.tensor.Scope;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;

/** The last few arrays of a trajectory, which outlive the steps that made them. */
final class History {

    private final NDManager manager;
    private final int capacity;
    private final Deque<NDArray> newestFirst = new ArrayDeque<>();

    History(NDManager manager, int capacity) {
        this.manager = manager;
        this.capacity = capacity;
    }

    /** @param array made in the scope, the innermost one */
    void add(NDArray array, Scope scope) {
        newestFirst.addFirst(scope.release(array, manager));
        if (newestFirst.size() > capacity) {
            newestFirst.removeLast().close();
        }
    }

    int size() {
        return newestFirst.size();
    }

    NDArray newest() {
        return newestFirst.getFirst();
    }

    /** Adds arrays to a sum, the newest times the first factor, as many as there are factors. */
    WeightedSum addTo(WeightedSum sum, double... factors) {
        Iterator<NDArray> arrays = newestFirst.iterator();
        for (double factor : factors) {
            sum.plus(factor, arrays.next());
        }
        return sum;
    }
}
