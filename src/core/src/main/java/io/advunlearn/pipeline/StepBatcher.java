package io.advunlearn.pipeline;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Makes the next steps of concurrent requests in one call of the denoiser, whichever steps those are: every row has its own timestep, texts and
 * encoder, so a request joins and leaves at any step. The first request whose step is due asks for the device. Once it has it, it waits a bounded
 * time for those that are being drawn as well, and makes the steps of all. Thread-safe.
 */
final class StepBatcher implements AutoCloseable {

    private final DeviceLane lane;
    private final NDManager manager;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Map<Trajectory.Kind, Group> groups = new HashMap<>();
    private final LongAdder calls = new LongAdder();
    private final LongAdder steps = new LongAdder();
    private volatile PipelineTuning tuning = PipelineTuning.OFF;

    /** @param manager on the device; parent of what calls make */
    StepBatcher(DeviceLane lane, NDManager manager) {
        this.lane = lane;
        this.manager = manager;
    }

    void tune(PipelineTuning newTuning) {
        tuning = newTuning;
    }

    /** Calls of the denoiser so far. */
    long calls() {
        return calls.sum();
    }

    /** Steps of requests so far; more than {@link #calls} if some were made together. */
    long steps() {
        return steps.sum();
    }

    /** A trajectory that is being drawn: others may wait for its next step, unless it fills a call by itself. */
    Trajectory.Steps join(Trajectory trajectory) {
        if (trajectory.images() >= tuning.batchImages()) {
            return new Member(null, trajectory);
        }
        lock.lock();
        try {
            Group group = groups.computeIfAbsent(trajectory.kind(), kind -> new Group());
            group.members++;
            return new Member(group, trajectory);
        } finally {
            lock.unlock();
        }
    }

    /** What can be joined in one call. Fields are guarded by the lock, but for the texts, which the lane guards. */
    private final class Group {

        private final Deque<Due> waiting = new ArrayDeque<>();
        private final JoinedTexts texts = new JoinedTexts(manager);
        private int members;
        private boolean led;

        private int waitingImages() {
            return waiting.stream().mapToInt(due -> due.trajectory.images()).sum();
        }
    }

    /** A step to be made. */
    private static final class Due {

        private final Trajectory trajectory;
        private boolean taken;
        private boolean done;
        private Throwable failure;

        Due(Trajectory trajectory) {
            this.trajectory = trajectory;
        }
    }

    /** A trajectory's place. */
    private final class Member implements Trajectory.Steps {

        private final Group group;
        private final Trajectory trajectory;

        /** @param group {@code null} for one that is always alone */
        private Member(Group group, Trajectory trajectory) {
            this.group = group;
            this.trajectory = trajectory;
        }

        /** Alone or with others. */
        @Override
        public void next() {
            Due due = new Due(trajectory);
            if (group == null) {
                lane.runNoGrad(DeviceLane.Priority.SERVING, () -> makeAlone(due));
            } else if (leads(group, due)) {
                lane.runNoGrad(DeviceLane.Priority.SERVING, () -> make(group, take(group, due)));
            }
            if (due.failure instanceof RuntimeException e) {
                throw e;
            } else if (due.failure instanceof Error e) {
                throw e;
            }
        }

        @Override
        public void close() {
            if (group == null) {
                return;
            }
            boolean last;
            lock.lock();
            try {
                group.members--;
                last = group.members == 0;
                if (last) {
                    groups.remove(trajectory.kind(), group);
                }
                changed.signalAll();
            } finally {
                lock.unlock();
            }
            if (last) {
                lane.run(DeviceLane.Priority.SERVING, group.texts::close);
            }
        }
    }

    /** Waits until the step is made by another thread, or there is nobody else to lead. */
    private boolean leads(Group group, Due due) {
        lock.lock();
        try {
            group.waiting.add(due);
            changed.signalAll();
            while (!due.done && (due.taken || group.led)) {
                changed.awaitUninterruptibly();
            }
            if (due.done) {
                return false;
            }
            group.led = true;
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** The leader's step and the oldest others. Those that are left find another leader. */
    private List<Due> take(Group group, Due leader) {
        PipelineTuning now = tuning;
        lock.lock();
        try {
            awaitOthers(group, now);
            List<Due> batch = new ArrayList<>();
            group.waiting.remove(leader);
            batch.add(leader);
            int images = leader.trajectory.images();
            for (Iterator<Due> others = group.waiting.iterator(); others.hasNext();) {
                Due other = others.next();
                if (images + other.trajectory.images() <= now.batchImages()) {
                    images += other.trajectory.images();
                    batch.add(other);
                    others.remove();
                }
            }
            batch.forEach(due -> due.taken = true);
            group.led = false;
            changed.signalAll();
            return batch;
        } finally {
            lock.unlock();
        }
    }

    private void awaitOthers(Group group, PipelineTuning now) {
        long left = now.batchWait().toNanos();
        while (left > 0 && group.waitingImages() < now.batchImages() && group.waiting.size() < group.members) {
            try {
                left = changed.awaitNanos(left);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    private void make(Group group, List<Due> batch) {
        try {
            if (batch.size() == 1 || !makeTogether(group, batch)) {
                batch.forEach(this::makeAlone);
            }
        } finally {
            lock.lock();
            try {
                batch.forEach(due -> due.done = true);
                changed.signalAll();
            } finally {
                lock.unlock();
            }
        }
    }

    private void makeAlone(Due due) {
        calls.increment();
        attempt(due, due.trajectory::step);
    }

    private void attempt(Due due, Runnable step) {
        steps.increment();
        try {
            step.run();
        } catch (RuntimeException | Error e) {
            due.failure = e;
        }
    }

    /** @return false if the call failed, for example for want of memory: then nothing has changed */
    private boolean makeTogether(Group group, List<Due> batch) {
        try (NDManager scratch = manager.newSubManager()) {
            List<Trajectory> trajectories = batch.stream().map(due -> due.trajectory).toList();
            NDArray predicted;
            try {
                predicted = predict(group, trajectories, scratch);
            } catch (RuntimeException | Error e) {
                return false;
            }
            long from = 0;
            for (Due due : batch) {
                long to = from + due.trajectory.rows();
                NDArray rows = predicted.get(from + ":" + to);
                attempt(due, () -> due.trajectory.advance(rows));
                from = to;
            }
            return true;
        }
    }

    private NDArray predict(Group group, List<Trajectory> trajectories, NDManager scratch) {
        calls.increment();
        NDList inputs = new NDList();
        NDList times = new NDList();
        for (Trajectory trajectory : trajectories) {
            inputs.add(trajectory.input(scratch));
            times.add(trajectory.times(scratch));
        }
        NDArray input = joined(inputs, scratch);
        Trajectory.Texts texts = group.texts.of(trajectories);
        NDArray predicted = trajectories.get(0).unet().forward(input, joined(times, scratch), texts.context(), texts.added());
        predicted.attach(scratch);
        return predicted;
    }

    private static NDArray joined(NDList rows, NDManager scratch) {
        NDArray joined = NDArrays.concat(rows);
        joined.attach(scratch);
        return joined;
    }

    /** When nothing is drawn any more. */
    @Override
    public void close() {
        lock.lock();
        try {
            groups.values().forEach(group -> group.texts.close());
            groups.clear();
        } finally {
            lock.unlock();
        }
    }
}
