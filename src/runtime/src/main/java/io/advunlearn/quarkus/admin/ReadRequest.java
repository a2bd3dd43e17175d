package io.advunlearn.quarkus.admin;

import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.impl.HttpServerRequestInternal;
import io.vertx.core.http.impl.HttpServerRequestWrapper;

/** A request whose body has been read: of HTTP/2, Vert.x refuses to pause one, which every handler of the main router begins with. */
final class ReadRequest extends HttpServerRequestWrapper {

    ReadRequest(HttpServerRequest read) {
        super((HttpServerRequestInternal) read);
    }

    @Override
    public HttpServerRequest pause() {
        return this;
    }

    @Override
    public HttpServerRequest resume() {
        return this;
    }

    @Override
    public HttpServerRequest fetch(long amount) {
        return this;
    }

    @Override
    public boolean isEnded() {
        return true;
    }
}
