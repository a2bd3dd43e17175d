package io.advunlearn.tensor;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import java.util.ArrayList;
import java.util.List;

/**
 * Frees what a block of code made, except what it keeps. Scopes nest; each belongs to one thread.
 *
 * <pre>{@code
 * try (Scope scope = new Scope()) {
 *     return scope.keep(conv2.forward(conv1.forward(x)));
 * }
 * }</pre>
 *
 * <p>Closing an array only drops Java's handle: a recorded graph holds its own references, so the same code serves inference and training.
 */
public final class Scope implements AutoCloseable {

    private final NDScope arrays = new NDScope();
    private final List<NDArray> kept = new ArrayList<>();

    /** Lets an array made in this scope, the innermost one, live on in the scope around it. */
    public NDArray keep(NDArray array) {
        NDScope.unregister(array);
        kept.add(array);
        return array;
    }

    /** Hands an array made in this scope, the innermost one, to a manager: no scope frees it any more. */
    public NDArray release(NDArray array, NDManager owner) {
        NDScope.unregister(array);
        array.attach(owner);
        return array;
    }

    @Override
    public void close() {
        arrays.close();
        kept.forEach(NDScope::register);
    }
}
