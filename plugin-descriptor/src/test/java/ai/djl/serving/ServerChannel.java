package ai.djl.serving;

import ai.djl.serving.plugins.RequestHandler;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http.QueryStringDecoder;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** One connection to a handler, mounted as DJL Serving mounts it, with what comes out kept from any thread. */
public final class ServerChannel {

    private static final long SECONDS = 120;

    private final BlockingQueue<Object> written = new LinkedBlockingQueue<>();
    private final EmbeddedChannel channel;
    private FullHttpRequest sent;

    public ServerChannel(RequestHandler<?> handler) {
        channel = new EmbeddedChannel(new ChannelOutboundHandlerAdapter() {

            @Override
            public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
                written.add(message);
                promise.setSuccess();
            }

            @Override
            public void flush(ChannelHandlerContext context) {
                // Nothing waits.
            }
        }, new SimpleChannelInboundHandler<FullHttpRequest>() {

            @Override
            public boolean acceptInboundMessage(Object message) {
                return handler.acceptInboundMessage(message);
            }

            @Override
            protected void channelRead0(ChannelHandlerContext context, FullHttpRequest request) {
                QueryStringDecoder decoder = new QueryStringDecoder(request.uri());
                if (handler.handleRequest(context, request, decoder, decoder.path().split("/")) != null) {
                    throw new IllegalStateException("the server would answer itself");
                }
            }
        });
    }

    /** An answer. */
    public record Received(int status, Map<String, String> headers, byte[] body) {

        public String text() {
            return new String(body, StandardCharsets.UTF_8);
        }
    }

    public ServerChannel send(String method, String path, String body, Map<String, String> headers) {
        sent = new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.valueOf(method), path,
                Unpooled.copiedBuffer(body, StandardCharsets.UTF_8));
        headers.forEach(sent.headers()::set);
        channel.writeInbound(sent);
        return this;
    }

    /** The last request's memory as the server sees it after the handler returned: 0 if it could be given back. */
    public int references() {
        return sent.refCnt();
    }

    public boolean isOpen() {
        return channel.isOpen();
    }

    /** Waits for the other side to close the connection. @return whether it did */
    public boolean awaitClosed() {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
        while (channel.isOpen() && System.nanoTime() < end) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
        }
        return !channel.isOpen();
    }

    /** Waits for the whole answer. */
    public Received receive() {
        HttpResponse head = (HttpResponse) next();
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        Object part = head instanceof LastHttpContent ? head : next();
        while (true) {
            if (part instanceof HttpContent content) {
                body.writeBytes(ByteBufUtil.getBytes(content.content()));
            }
            if (part instanceof LastHttpContent) {
                Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
                head.headers().forEach(header -> headers.put(header.getKey(), header.getValue()));
                return new Received(head.status().code(), headers, body.toByteArray());
            }
            part = next();
        }
    }

    private Object next() {
        try {
            Object message = written.poll(SECONDS, TimeUnit.SECONDS);
            if (message == null) {
                throw new IllegalStateException("no answer within " + SECONDS + " s");
            }
            return message;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
