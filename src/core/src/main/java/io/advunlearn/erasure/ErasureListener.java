package io.advunlearn.erasure;

/** Receives the progress of an erasure, on the erasing thread. */
@FunctionalInterface
public interface ErasureListener {

    ErasureListener NONE = event -> { };

    void onEvent(ErasureEvent event);
}
