package io.advunlearn.registry;

import io.advunlearn.registry.EncoderRegistry.AuditEntry;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Copies the states, routes and audit trail of one store to another. After a crash it goes on where it was. */
final class StoreMove {

    private StoreMove() {
    }

    /** @return states that were copied; @throws RegistryException if the target says something else already */
    static int copy(StateStore from, StateStore to) throws IOException {
        int copied = 0;
        for (String pipeline : from.pipelines()) {
            for (PipelineState state : missing("states", pipeline, from.states(pipeline), to.states(pipeline))) {
                to.add(state);
                copied++;
            }
            for (PipelineRoutes routes : missing("routes", pipeline, from.routes(pipeline), to.routes(pipeline))) {
                to.add(routes);
            }
        }
        Set<AuditEntry> there = new HashSet<>(to.newestEntries(Integer.MAX_VALUE));
        List<AuditEntry> entries = new ArrayList<>(from.newestEntries(Integer.MAX_VALUE));
        Collections.reverse(entries);
        for (AuditEntry entry : entries) {
            if (!there.contains(entry)) {
                to.append(entry);
            }
        }
        return copied;
    }

    private static <T> List<T> missing(String what, String pipeline, List<T> from, List<T> to) {
        if (to.size() > from.size() || !from.subList(0, to.size()).equals(to)) {
            throw new RegistryException("the database has other " + what + " of pipeline '" + pipeline
                    + "' than the registry's directory: it belongs to another registry");
        }
        return from.subList(to.size(), from.size());
    }
}
