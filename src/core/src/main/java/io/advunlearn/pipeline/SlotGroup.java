package io.advunlearn.pipeline;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/** What the slots of one pipeline share: the floor, which their components meet together, one swap at a time, and the moment of its flip. */
final class SlotGroup {

    private final String pipeline;
    private final List<ComponentSlot<?>> slots = new CopyOnWriteArrayList<>();
    private final ReentrantLock swapping = new ReentrantLock();
    /** Whoever takes several components reads, whoever exchanges some writes: nobody sees a half. */
    private final ReentrantReadWriteLock flipping = new ReentrantReadWriteLock();
    private volatile ErasureFloor floor;
    private volatile Retention retention = Retention.UNLIMITED;
    private LongSupplier clock = System::nanoTime;

    SlotGroup(String pipeline, ErasureFloor floor) {
        this.pipeline = pipeline;
        this.floor = floor;
    }

    String pipeline() {
        return pipeline;
    }

    void add(ComponentSlot<?> slot) {
        slots.add(slot);
    }

    ErasureFloor floor() {
        return floor;
    }

    void floor(ErasureFloor newFloor) {
        floor = newFloor;
    }

    /**
     * What the floor lacks: that which the UNet and some text encoder both know.
     *
     * @param changed erasures of slots that are to be looked at as if they served another component
     */
    List<String> missing(Map<ComponentSlot<?>, List<String>> changed) {
        ErasureFloor required = floor;
        Set<String> known = new TreeSet<>();
        List<String> ofDenoiser = new ArrayList<>();
        for (ComponentSlot<?> slot : slots) {
            List<String> own = changed.getOrDefault(slot, slot.active().erasures());
            if (slot.isText()) {
                known.addAll(required.missing(own));
            } else {
                ofDenoiser.addAll(own);
            }
        }
        return known.stream().filter(required.missing(ofDenoiser)::contains).toList();
    }

    /** Whether an administrator allowed a component of another slot below the floor. */
    boolean weakenedBeside(ComponentSlot<?> own) {
        return slots.stream().anyMatch(slot -> slot != own && slot.active().weakened());
    }

    /** @param nanos since any moment; for tests */
    void clock(LongSupplier nanos) {
        clock = nanos;
    }

    long now() {
        return clock.getAsLong();
    }

    /** Holds at once, unless a swap is running, after which it holds. */
    void retain(Retention limits) {
        retention = limits;
        releaseExpired();
    }

    /** Lets go of what is kept for too long. Does nothing while a swap is running. */
    void releaseExpired() {
        if (swapping.tryLock()) {
            try {
                releaseKept();
            } finally {
                swapping.unlock();
            }
        }
    }

    /** Lets go of what is kept for too long or, the oldest first, takes too much memory. Only between swaps or at the end of one. */
    void releaseKept() {
        long now = now();
        List<ComponentSlot<?>> kept = new ArrayList<>(slots.stream().filter(slot -> slot.keptBytes() > 0).toList());
        kept.sort(Comparator.comparingLong(slot -> slot.keptSince() - now));
        long bytes = kept.stream().mapToLong(ComponentSlot::keptBytes).sum();
        for (ComponentSlot<?> slot : kept) {
            if (now - slot.keptSince() >= retention.time().toNanos() || bytes > retention.bytes()) {
                bytes -= slot.keptBytes();
                slot.releaseKept();
            }
        }
    }

    boolean isSwapping() {
        return swapping.isLocked();
    }

    /** @throws SwapInProgressException if another swap is running */
    <T> T swap(Supplier<T> work) {
        if (!swapping.tryLock()) {
            throw new SwapInProgressException("another swap of pipeline '" + pipeline + "' is running");
        }
        try {
            return work.get();
        } finally {
            swapping.unlock();
        }
    }

    /** Waits for a running swap, and lets none begin meanwhile. */
    void betweenSwaps(Runnable work) {
        swapping.lock();
        try {
            work.run();
        } finally {
            swapping.unlock();
        }
    }

    /** Looks at several slots while none flips. Must not block. */
    <T> T atOneMoment(Supplier<T> look) {
        flipping.readLock().lock();
        try {
            return look.get();
        } finally {
            flipping.readLock().unlock();
        }
    }

    /** Exchanges components while nobody looks. Must not block. */
    void flip(Runnable exchange) {
        flipping.writeLock().lock();
        try {
            exchange.run();
        } finally {
            flipping.writeLock().unlock();
        }
    }
}
