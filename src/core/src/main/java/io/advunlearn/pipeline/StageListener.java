package io.advunlearn.pipeline;

import java.util.Locale;

/** Told when the stages of a generation begin and end, on the thread that draws. Must be quick and must not throw. */
@FunctionalInterface
public interface StageListener {

    StageListener NONE = stage -> () -> { };

    /** What a generation consists of, in this order. */
    enum Stage {

        /** From texts to hidden states. */
        ENCODE,
        /** All steps of the scheduler. */
        DENOISE,
        /** From latents to pixels. */
        DECODE;

        private final String word = name().toLowerCase(Locale.ROOT);

        /** As metrics and traces name it. */
        public String word() {
            return word;
        }
    }

    /** @return closed when the stage ends, however it ends */
    End begin(Stage stage);

    /** The end of a stage. */
    @FunctionalInterface
    interface End extends AutoCloseable {

        @Override
        void close();
    }
}
