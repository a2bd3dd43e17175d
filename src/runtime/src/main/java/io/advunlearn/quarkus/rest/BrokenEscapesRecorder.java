package io.advunlearn.quarkus.rest;

import io.quarkus.runtime.annotations.Recorder;
import io.vertx.core.Handler;
import io.vertx.ext.web.RoutingContext;

/** Gives the build what {@link BrokenEscapes} does before bodies are read. */
@Recorder
public class BrokenEscapesRecorder {

    public Handler<RoutingContext> handler() {
        return BrokenEscapes::refuseQuery;
    }
}
