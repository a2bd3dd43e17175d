package io.advunlearn.quarkus.rest;

import io.advunlearn.service.json.ServerSentEvents;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.ext.Provider;
import java.io.OutputStream;
import java.lang.annotation.Annotation;
import java.lang.reflect.Type;
import org.jboss.resteasy.reactive.server.core.ResteasyReactiveRequestContext;
import org.jboss.resteasy.reactive.server.spi.ResteasyReactiveResourceInfo;
import org.jboss.resteasy.reactive.server.spi.ServerHttpResponse;
import org.jboss.resteasy.reactive.server.spi.ServerMessageBodyWriter;
import org.jboss.resteasy.reactive.server.spi.ServerRequestContext;

/** Sends server-sent events as they come, without a thread that waits for them. A resource that answers now this, now JSON, cannot return a Multi. */
@Provider
public class ServerSentEventsWriter implements ServerMessageBodyWriter<ServerSentEvents> {

    @Override
    public boolean isWriteable(Class<?> type, Type genericType, ResteasyReactiveResourceInfo target, MediaType mediaType) {
        return ServerSentEvents.class.isAssignableFrom(type);
    }

    @Override
    public boolean isWriteable(Class<?> type, Type genericType, Annotation[] annotations, MediaType mediaType) {
        return ServerSentEvents.class.isAssignableFrom(type);
    }

    @Override
    public void writeResponse(ServerSentEvents events, Type genericType, ServerRequestContext context) {
        ResteasyReactiveRequestContext request = (ResteasyReactiveRequestContext) context;
        request.suspend();
        ServerHttpResponse response = context.serverResponse();
        response.setChunked(true);
        events.to(new ServerSentEvents.Sink() {

            @Override
            public void send(byte[] text) {
                if (!response.closed()) {
                    // a client that left is noticed elsewhere
                    response.write(text, failure -> { });
                }
            }

            @Override
            public void end() {
                if (!response.closed()) {
                    response.end();
                }
                request.resume();
            }
        });
    }

    @Override
    public void writeTo(ServerSentEvents events, Class<?> type, Type genericType, Annotation[] annotations, MediaType mediaType,
            MultivaluedMap<String, Object> headers, OutputStream stream) {
        throw new UnsupportedOperationException("events are sent by writeResponse");
    }
}
