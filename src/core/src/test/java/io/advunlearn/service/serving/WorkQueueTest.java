package io.advunlearn.service.serving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class WorkQueueTest {

    private final CountDownLatch started = new CountDownLatch(1);
    private final CountDownLatch gate = new CountDownLatch(1);

    private WorkQueue.Ticket<String> occupy(WorkQueue queue) throws InterruptedException {
        WorkQueue.Ticket<String> ticket = queue.submit(token -> {
            started.countDown();
            try {
                gate.await();
            } catch (InterruptedException e) {
                throw new CancellationException();
            }
            token.throwIfCancelled();
            return "done";
        });
        assertThat(started.await(10, TimeUnit.SECONDS)).isTrue();
        return ticket;
    }

    @Test
    void refusesWhatDoesNotFitAndSaysWhenToComeBack() throws Exception {
        try (WorkQueue queue = new WorkQueue("test", 1, 1, Duration.ofMinutes(1))) {
            WorkQueue.Ticket<String> running = occupy(queue);
            WorkQueue.Ticket<String> waiting = queue.submit(token -> "second");
            assertThatThrownBy(() -> queue.submit(token -> "third")).isInstanceOfSatisfying(BusyException.class,
                    e -> assertThat(e.retryAfterSeconds()).isGreaterThanOrEqualTo(2));
            gate.countDown();
            assertThat(running.result().get()).isEqualTo("done");
            assertThat(waiting.result().get()).isEqualTo("second");
        }
    }

    @Test
    void withoutPlacesOnlyTheRunningOneIsServed() throws Exception {
        try (WorkQueue queue = new WorkQueue("test", 1, 0, Duration.ofMinutes(1))) {
            occupy(queue);
            assertThatThrownBy(() -> queue.submit(token -> "second")).isInstanceOf(BusyException.class);
            gate.countDown();
        }
    }

    @Test
    void aCancelledTicketGivesItsPlaceBackAndNeverRuns() throws Exception {
        try (WorkQueue queue = new WorkQueue("test", 1, 1, Duration.ofMinutes(1))) {
            occupy(queue);
            AtomicBoolean ran = new AtomicBoolean();
            WorkQueue.Ticket<Boolean> waiting = queue.submit(token -> ran.getAndSet(true));
            waiting.cancel();
            assertThat(queue.depth()).isZero();
            WorkQueue.Ticket<String> next = queue.submit(token -> "next");
            gate.countDown();
            assertThat(next.result().get()).isEqualTo("next");
            assertThat(waiting.result()).isCancelled();
            assertThat(ran).isFalse();
        }
    }

    @Test
    void runningWorkIsAskedToStop() throws Exception {
        try (WorkQueue queue = new WorkQueue("test", 1, 1, Duration.ofMinutes(1))) {
            WorkQueue.Ticket<String> running = occupy(queue);
            running.cancel();
            gate.countDown();
            assertThatThrownBy(() -> running.result().get()).isInstanceOfAny(CancellationException.class, ExecutionException.class);
        }
    }

    @Test
    void whatWaitsTooLongIsRefused() throws Exception {
        try (WorkQueue queue = new WorkQueue("test", 1, 1, Duration.ofMillis(50))) {
            occupy(queue);
            WorkQueue.Ticket<String> waiting = queue.submit(token -> "late");
            assertThatThrownBy(() -> waiting.result().get()).hasCauseInstanceOf(BusyException.class);
            assertThat(queue.depth()).isZero();
            gate.countDown();
        }
    }

    @Test
    void closingEndsWhatWaitsAndWhatRuns() throws Exception {
        WorkQueue queue = new WorkQueue("test", 1, 1, Duration.ofMinutes(1));
        WorkQueue.Ticket<String> running = occupy(queue);
        WorkQueue.Ticket<String> waiting = queue.submit(token -> "second");
        queue.close();
        assertThat(waiting.result()).isCompletedExceptionally();
        assertThat(running.result()).isCompletedExceptionally();
    }
}
