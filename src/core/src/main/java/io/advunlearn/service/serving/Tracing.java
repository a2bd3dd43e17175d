package io.advunlearn.service.serving;

/**
 * What a host may trace. Called on request and worker threads: must be quick and must not throw. No span ever holds a prompt.
 * Attributes are those of OpenTelemetry's conventions for generative AI where there is one, else they begin with {@code advunlearn.}
 */
public interface Tracing {

    /** Traces nothing. */
    Tracing NONE = new Tracing() {
    };

    /**
     * Begins a span below the calling thread's current one.
     *
     * @param nanosAgo how long ago it began, 0 for now
     */
    default Span start(String name, long nanosAgo) {
        return Span.NONE;
    }

    /** As {@link #start(String, long)}, now. */
    default Span start(String name) {
        return start(name, 0);
    }

    /** Carries the calling thread's current span to the thread that runs the work. */
    default Runnable carried(Runnable work) {
        return work;
    }

    /** A piece of work with a beginning and an end; may be used by several threads, one after the other. */
    interface Span {

        Span NONE = new Span() {
        };

        default Span with(String attribute, String value) {
            return this;
        }

        default Span with(String attribute, long value) {
            return this;
        }

        default Span with(String attribute, double value) {
            return this;
        }

        /** It did not succeed. Only the type of the failure is told, since a message may quote a prompt. */
        default void failed(Throwable failure) {
        }

        /** Makes it the calling thread's current span until the scope is closed, on the same thread. */
        default Scope enter() {
            return Scope.NONE;
        }

        /** @param nanosAgo how long ago it ended, 0 for now */
        default void end(long nanosAgo) {
        }

        /** It ends now. */
        default void end() {
            end(0);
        }
    }

    /** As long as a span is a thread's current one. */
    @FunctionalInterface
    interface Scope extends AutoCloseable {

        Scope NONE = () -> { };

        @Override
        void close();
    }
}
