package io.advunlearn.pipeline;

import io.advunlearn.model.ClipTextModel;
import io.advunlearn.model.ClipTextModelWithProjection;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.LongConsumer;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;

/**
 * Text encoders that draw beside the active ones, each for the requests of a route. They are loaded and verified as for a swap, shared where several
 * routes name one, and stay in memory as long as a route does. The pipeline's floor holds for each of them, always and without exception: a request
 * whose route has no encoder that meets it is refused, and never drawn by another. Thread-safe.
 */
public final class RoutedEncoders {

    private final SlotGroup group;
    private final ComponentSlot<ClipTextModel> slot;
    private final ComponentSlot<ClipTextModelWithProjection> second;
    private volatile Map<String, Entry> entries = Map.of();

    /** @param second {@code null} in families with one encoder */
    RoutedEncoders(ComponentSlot<ClipTextModel> slot, ComponentSlot<ClipTextModelWithProjection> second) {
        group = slot.group();
        this.slot = slot;
        this.second = second;
    }

    /**
     * What a route's requests are read with; {@code null} is the model's own encoder.
     *
     * @param textEncoder2 not looked at in families with one encoder
     */
    public record Sources(ComponentSource encoder, ComponentSource textEncoder2) { }

    /**
     * What a route serves.
     *
     * @param encoder {@code null} if it is refused
     * @param textEncoder2 {@code null} if it is refused or in families with one encoder
     * @param unavailable why its requests are refused, {@code null} if they are served
     */
    public record Status(EncoderVersion encoder, EncoderVersion textEncoder2, String unavailable) { }

    private record Entry(ComponentSnapshot<ClipTextModel> encoder, ComponentSnapshot<ClipTextModelWithProjection> second, String refusal) {

        private Stream<ComponentSnapshot<?>> snapshots() {
            return Stream.of(encoder, second).filter(snapshot -> snapshot != null);
        }

        private void release() {
            snapshots().forEach(ComponentSnapshot::release);
        }
    }

    /**
     * Replaces all routes at one moment. Requests in flight keep what they started with.
     *
     * @param wanted by the route's name
     * @param failures of routes without sources; those whose encoders are refused are added. They become routes that refuse
     * @param commit given all failures, makes the change durable and gives its generation; if it throws, nothing changes and what was loaded is freed
     * @param installed told of the generation while no request looks for its route
     * @throws SwapInProgressException if a swap of the pipeline is running
     */
    public void replace(Map<String, Sources> wanted, Map<String, RuntimeException> failures, ToLongFunction<Map<String, RuntimeException>> commit,
            LongConsumer installed) {
        group.swap(() -> {
            slot.requireOpen();
            Map<String, Prepared> prepared = new HashMap<>();
            try {
                wanted.forEach((name, sources) -> prepare(name, sources, prepared, failures));
                publish(prepared, failures, commit.applyAsLong(failures), installed);
            } catch (RuntimeException | Error e) {
                prepared.values().forEach(Prepared::discard);
                throw e;
            }
            return null;
        });
    }

    /** Verified, each with a hold. */
    private record Prepared(LoadedComponent<ClipTextModel> encoder, LoadedComponent<ClipTextModelWithProjection> second) {

        private void discard() {
            encoder.release();
            if (second != null) {
                second.release();
            }
        }

        private Entry entry(long generation) {
            return new Entry(new ComponentSnapshot<>(encoder, generation, false), second == null ? null : new ComponentSnapshot<>(second, generation, false), null);
        }
    }

    private void prepare(String name, Sources sources, Map<String, Prepared> prepared, Map<String, RuntimeException> failures) {
        LoadedComponent<ClipTextModel> encoder = null;
        try {
            checkFloor(sources);
            encoder = slot.hold(sources.encoder, loaded(prepared.values(), Prepared::encoder, Entry::encoder));
            prepared.put(name, new Prepared(encoder, second == null ? null
                    : second.hold(sources.textEncoder2, loaded(prepared.values(), Prepared::second, Entry::second))));
        } catch (RuntimeException e) {
            if (encoder != null) {
                encoder.release();
            }
            if (!(e instanceof SwapException)) {
                throw e;
            }
            failures.put(name, e);
        }
    }

    /** What this change has loaded so far, and what is served. */
    private <N> List<LoadedComponent<N>> loaded(Collection<Prepared> prepared, Function<Prepared, LoadedComponent<N>> next,
            Function<Entry, ComponentSnapshot<N>> now) {
        List<LoadedComponent<N>> loaded = new ArrayList<>();
        prepared.forEach(one -> loaded.add(next.apply(one)));
        entries.values().stream().map(now).filter(snapshot -> snapshot != null).forEach(snapshot -> loaded.add(snapshot.loaded()));
        return loaded;
    }

    private void checkFloor(Sources sources) {
        List<String> missing = missing(erasures(sources.encoder), second == null ? List.of() : erasures(sources.textEncoder2));
        if (!missing.isEmpty()) {
            List<String> names = new ArrayList<>(List.of(slot.noun() + " '" + id(sources.encoder) + "'"));
            if (second != null) {
                names.add(second.noun() + " '" + id(sources.textEncoder2) + "'");
            }
            throw new BelowFloorException(names, missing);
        }
    }

    private static List<String> erasures(ComponentSource source) {
        return source == null ? List.of() : source.erasures();
    }

    private static String id(ComponentSource source) {
        return source == null ? ComponentSnapshot.BASE_ID : source.id();
    }

    /** What the floor lacks if these draw with the active denoiser. */
    private List<String> missing(List<String> encoder, List<String> textEncoder2) {
        return group.missing(second == null ? Map.of(slot, encoder) : Map.of(slot, encoder, second, textEncoder2));
    }

    private void publish(Map<String, Prepared> prepared, Map<String, RuntimeException> failures, long generation, LongConsumer installed) {
        Map<String, Entry> next = new HashMap<>();
        prepared.forEach((name, one) -> next.put(name, one.entry(generation)));
        failures.forEach((name, failure) -> next.put(name, new Entry(null, null, String.valueOf(failure.getMessage()))));
        Map<String, Entry> old = entries;
        group.flip(() -> {
            entries = next;
            installed.accept(generation);
        });
        slot.routed(loaded(List.of(), Prepared::encoder, Entry::encoder));
        if (second != null) {
            second.routed(loaded(List.of(), Prepared::second, Entry::second));
        }
        old.values().forEach(Entry::release);
    }

    /**
     * What a request of a route draws with. Within {@link SlotGroup#atOneMoment}.
     *
     * @throws EncoderUnavailableException if the route's encoder was refused, or lacks what the floor has come to require
     */
    Taken take(String route) {
        Entry entry = entries.get(route);
        if (entry == null || unavailable(entry) != null) {
            throw unavailable(group.pipeline());
        }
        return new Taken(ComponentSlot.lease(entry.encoder), entry.second == null ? null : ComponentSlot.lease(entry.second));
    }

    /** Leases of a route's encoders. */
    record Taken(ComponentSlot.Lease<ClipTextModel> encoder, ComponentSlot.Lease<ClipTextModelWithProjection> second) { }

    private String unavailable(Entry entry) {
        if (entry.refusal != null) {
            return entry.refusal;
        }
        List<String> missing = missing(entry.encoder.erasures(), entry.second == null ? List.of() : entry.second.erasures());
        return missing.isEmpty() ? null : "the routed " + slot.noun() + " '" + entry.encoder.id() + "' has not erased " + String.join(", ", missing);
    }

    /** That a request is refused rather than drawn by another encoder than its own. */
    public static EncoderUnavailableException unavailable(String pipeline) {
        return new EncoderUnavailableException("no encoder that meets the requirements of " + pipeline + " is there for this client");
    }

    /** What a route serves; empty if there is none of that name. */
    public Optional<Status> status(String route) {
        return group.atOneMoment(() -> Optional.ofNullable(entries.get(route)).map(this::status));
    }

    private Status status(Entry entry) {
        return new Status(entry.encoder == null ? null : EncoderVersion.of(entry.encoder), entry.second == null ? null : EncoderVersion.of(entry.second),
                unavailable(entry));
    }

    /** All of them, by name. */
    public Map<String, Status> statuses() {
        Map<String, Status> statuses = new TreeMap<>();
        group.atOneMoment(() -> {
            entries.forEach((name, entry) -> statuses.put(name, status(entry)));
            return null;
        });
        return statuses;
    }

    /** Lets go of them; they are freed when the requests that hold them end. Between swaps. */
    void close() {
        Map<String, Entry> old = entries;
        group.flip(() -> entries = Map.of());
        old.values().forEach(Entry::release);
    }
}
