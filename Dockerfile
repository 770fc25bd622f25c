# One image for every process; docker-compose.yml says which one a container runs.
FROM python:3.12-slim

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 HOZIR_DATA=/data
WORKDIR /app

# Dependencies change less often than the code: their layer is kept.
COPY requirements.lock ./
RUN pip install --require-hashes -r requirements.lock

COPY . .
RUN pip install --no-deps --editable . \
    && useradd --system --home-dir /data hozir \
    && install -d -o hozir -g hozir /data

USER hozir
VOLUME /data
EXPOSE 8000 8001
CMD ["hozir", "--help"]
