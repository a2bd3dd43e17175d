package io.advunlearn.service.jobs;

import ai.djl.Device;
import io.advunlearn.erasure.ErasureMemory;
import io.advunlearn.erasure.ErasureRequest;
import io.advunlearn.pipeline.PipelineComponents;
import io.advunlearn.tensor.DeviceMemory;
import java.util.OptionalLong;
import java.util.function.Function;

/** Lets an erasure begin only if the memory that it is estimated to take is there. */
final class MemoryAdmission {

    private static final double MIB = 1 << 20;

    private final OptionalLong budget;
    private final Function<Device, OptionalLong> free;

    MemoryAdmission(OptionalLong budget) {
        this(budget, DeviceMemory::free);
    }

    /**
     * @param budget bytes that an erasure may take on its device; empty for all that is free
     * @param free bytes that are free on a device; empty where nobody knows
     */
    MemoryAdmission(OptionalLong budget, Function<Device, OptionalLong> free) {
        this.budget = budget;
        this.free = free;
    }

    /** Before anything is computed. @throws InsufficientMemoryException if it would take more than may be had, one sentence */
    void require(PipelineComponents components, ErasureRequest request) {
        long needed = needed(components, request);
        requireBudget(needed);
        OptionalLong left = free.apply(components.device());
        if (left.isPresent() && left.getAsLong() < needed) {
            throw refused(needed, left.getAsLong(), "is free on " + components.device());
        }
    }

    /** While another erasure has the memory that this one will get. @throws InsufficientMemoryException as {@link #require}, of the budget alone */
    void requireBudget(PipelineComponents components, ErasureRequest request) {
        requireBudget(needed(components, request));
    }

    private void requireBudget(long needed) {
        if (budget.isPresent() && budget.getAsLong() < needed) {
            throw refused(needed, budget.getAsLong(), "may be taken, as erasures.memory says");
        }
    }

    private static long needed(PipelineComponents components, ErasureRequest request) {
        return ErasureMemory.of(components, request).onDevice(components.device().isGpu());
    }

    private static InsufficientMemoryException refused(long needed, long available, String what) {
        return new InsufficientMemoryException(String.format("the erasure needs about %.0f MiB of memory, and only %.0f MiB %s; smaller batches (eraseBatch, retainBatch),"
                + " checkpointing or fewer layers need less", needed / MIB, available / MIB, what), needed, available);
    }
}
