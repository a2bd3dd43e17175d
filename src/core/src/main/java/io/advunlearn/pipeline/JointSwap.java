package io.advunlearn.pipeline;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Replaces the components of one or several slots of a pipeline at one moment: all are loaded beside and verified, then the change is made
 * durable, then all flip. Requests in flight keep what they started with, and none gets a new component together with one that was to be
 * replaced. Whatever fails, nothing changes and what was loaded is freed. A component that is still in memory (a slot's base, active or
 * previous one) is not loaded again.
 */
public final class JointSwap {

    private final Map<ComponentSlot<?>, ComponentSource> wanted = new LinkedHashMap<>();
    private SlotGroup group;

    /**
     * @param slot one of the pipeline
     * @param component what it is to serve; {@code null} for its base component
     * @throws IllegalArgumentException if the slot is of another pipeline than those before, or there already
     */
    public JointSwap put(ComponentSlot<?> slot, ComponentSource component) {
        if (group != null && group != slot.group() || wanted.containsKey(slot)) {
            throw new IllegalArgumentException("a joint swap takes every slot once, and slots of one pipeline only");
        }
        group = slot.group();
        wanted.put(slot, component);
        return this;
    }

    /**
     * @param generation of the slots afterwards, greater than that of each now
     * @param weaken allows going below the floor; the caller audits it
     * @param commit makes the change durable once everything is verified and gives the new generation; if it throws, nothing changes
     * @return one result a slot, in the order in which they were put
     * @throws SwapInProgressException if another swap of the pipeline is running
     * @throws BelowFloorException if the pipeline would lack a required erasure and may not
     * @throws SwapException if a component does not pass a check, or the generation is not newer
     */
    public List<SwapResult> run(long generation, boolean weaken, LongSupplier commit) {
        return swap(() -> {
            boolean weakened = check(generation, weaken);
            List<ComponentSlot<?>.Prepared> prepared = prepare();
            try {
                commit(prepared, weakened, commit);
            } catch (RuntimeException | Error e) {
                prepared.forEach(next -> next.discard());
                throw e;
            }
            return flip(prepared);
        });
    }

    /**
     * Does everything that a swap does before its commit, and frees what it loaded: nothing changes. Counts as a swap while it runs.
     *
     * @return what would have happened, one a slot, in the order in which they were put
     * @throws SwapException as {@link #run} would
     */
    public List<SwapRehearsal> rehearse(long generation, boolean weaken) {
        return swap(() -> {
            check(generation, weaken);
            List<ComponentSlot<?>.Prepared> prepared = prepare();
            try {
                return prepared.stream().map(next -> next.rehearsed(generation)).toList();
            } finally {
                prepared.forEach(next -> next.discard());
            }
        });
    }

    private <T> T swap(Supplier<T> work) {
        if (wanted.isEmpty()) {
            throw new IllegalArgumentException("a joint swap needs at least one slot");
        }
        return group.swap(work);
    }

    private boolean check(long generation, boolean weaken) {
        wanted.keySet().forEach(slot -> slot.checkReplaceable(generation));
        return checkFloor(weaken);
    }

    private List<ComponentSlot<?>.Prepared> prepare() {
        List<ComponentSlot<?>.Prepared> prepared = new ArrayList<>();
        try {
            wanted.forEach((slot, component) -> prepared.add(slot.prepare(component)));
            return prepared;
        } catch (RuntimeException | Error e) {
            prepared.forEach(next -> next.discard());
            throw e;
        }
    }

    private static void commit(List<ComponentSlot<?>.Prepared> prepared, boolean weakened, LongSupplier commit) {
        long start = System.nanoTime();
        long generation = commit.getAsLong();
        double millis = (System.nanoTime() - start) / 1e6;
        prepared.forEach(next -> next.ready(generation, weakened, millis));
    }

    private List<SwapResult> flip(List<ComponentSlot<?>.Prepared> prepared) {
        long start = System.nanoTime();
        group.flip(() -> prepared.forEach(next -> next.flip()));
        long flipped = System.nanoTime();
        List<SwapResult> results = prepared.stream().map(next -> next.retireOld((flipped - start) / 1e6, flipped)).toList();
        group.releaseKept();
        return results;
    }

    /** Whether the pipeline would be below the floor and is allowed to be. */
    private boolean checkFloor(boolean weaken) {
        Map<ComponentSlot<?>, List<String>> erasures = new LinkedHashMap<>();
        wanted.forEach((slot, component) -> erasures.put(slot, component == null ? List.of() : component.erasures()));
        List<String> missing = group.missing(erasures);
        if (!missing.isEmpty() && !weaken) {
            throw new BelowFloorException(wanted.entrySet().stream().map(entry -> entry.getKey().noun() + " '" + id(entry.getValue()) + "'").toList(), missing);
        }
        return !missing.isEmpty();
    }

    private static String id(ComponentSource component) {
        return component == null ? ComponentSnapshot.BASE_ID : component.id();
    }
}
