package io.advunlearn.gateway.cli;

import io.advunlearn.pipeline.CancellationToken;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Lets Ctrl-C end long work at its next step, so that it leaves a checkpoint. */
final class Interruptible implements AutoCloseable {

    private static final long STOP_MILLIS = 20_000;

    private final CancellationToken token = new CancellationToken();
    private final CountDownLatch done = new CountDownLatch(1);
    private final Thread hook = new Thread(this::stop, "advunlearn-interrupt");

    Interruptible() {
        Runtime.getRuntime().addShutdownHook(hook);
    }

    CancellationToken token() {
        return token;
    }

    private void stop() {
        token.cancel();
        try {
            done.await(STOP_MILLIS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        done.countDown();
    }
}
