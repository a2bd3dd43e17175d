package io.advunlearn.quarkus.admin;

import io.advunlearn.quarkus.rest.Responses;
import io.advunlearn.service.admin.JobOperations;
import io.advunlearn.service.jobs.JobEvents;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.infrastructure.Infrastructure;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.sse.OutboundSseEvent;
import jakarta.ws.rs.sse.Sse;
import java.time.Duration;
import java.util.Optional;

/** A job's events as server-sent events. */
final class EventStream {

    private static final Duration FIRST_LOOK = Duration.ofMillis(1);

    private EventStream() {
    }

    /** @throws WebApplicationException with a problem document if there is no such job */
    static Multi<OutboundSseEvent> of(String id, Optional<JobEvents> found, Sse sse) {
        JobEvents events = found.orElseThrow(() -> new WebApplicationException(Responses.of(JobOperations.noJob(id))));
        return Multi.createFrom().ticks().startingAfter(FIRST_LOOK).every(JobEvents.POLL).onOverflow().drop()
                .emitOn(Infrastructure.getDefaultWorkerPool())
                .map(tick -> events.next())
                .select().first(batch -> !batch.last())
                .onItem().transformToMultiAndConcatenate(batch -> Multi.createFrom().iterable(batch.events()))
                .map(event -> sse.newEventBuilder().id(Long.toString(event.end())).name(event.type())
                        .mediaType(MediaType.TEXT_PLAIN_TYPE).data(String.class, event.json()).build());
    }
}
